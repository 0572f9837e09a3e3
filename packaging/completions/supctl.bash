# bash completion for supctl: it is asked itself, so that commands and names of processes are those
# of the server that the line so far is about. Its exit status 3 says that a file may be meant.
_supctl() {
  local line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^:=]/} words word before found
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[-1]}
  words=("${words[@]/#\~\//$HOME/}")
  COMPREPLY=()
  found=$("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
  if (($? == 3)); then
    compopt -o default
  fi
  [[ -n $found ]] && mapfile -t COMPREPLY <<<"$found"
  [[ $found == *= ]] && compopt -o nospace # its value follows
  # bash replaces what stands behind the last colon or equals sign only.
  before=${word%"${word##*[$breaks]}"}
  if [[ -n $breaks && -n $before ]]; then
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
  fi
}
complete -F _supctl supctl
