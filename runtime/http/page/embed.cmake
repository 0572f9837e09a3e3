# Writes OUT, a source with the bytes of FILES as the functions of page_assets.h.
#   cmake -DOUT=… -DFILES=page.css;page.js -P embed.cmake
set(text "#include \"runtime/http/page_assets.h\"\n\nnamespace sup::http {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  string(REPLACE "." "_" name ${name})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND text "\nstatic constexpr char ${name}_bytes[] = {${bytes}};\n\n"
    "std::string_view ${name}() { return {${name}_bytes, sizeof ${name}_bytes}; }\n")
endforeach()
string(APPEND text "\n}  // namespace sup::http\n")
file(WRITE ${OUT} "${text}")
