# Puts the rule pages into the program: cmake -D FOLDER=docs/rules -D OUTPUT=pages_text.inc -P ...
# Writes one row {"SUP801", R"page(...)page"}, for each page, by the order of their names.
file(GLOB pages LIST_DIRECTORIES false "${FOLDER}/SUP*.md")
set(rows "")
foreach(page IN LISTS pages)
  get_filename_component(id "${page}" NAME_WE)
  file(READ "${page}" text)
  string(APPEND rows "{\"${id}\", R\"page(${text})page\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "${rows}")
