# bash completion for supctl: it is asked itself, so that commands and names of processes are those
# of the server that the line so far is about.
_supctl() {
  local line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^:=]/} words word before
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[-1]}
  mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
  [[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace  # its value follows
  # bash replaces what stands behind the last colon or equals sign only.
  before=${word%"${word##*[$breaks]}"}
  if [[ -n $breaks && -n $before ]]; then
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
  fi
}
complete -o default -F _supctl supctl
