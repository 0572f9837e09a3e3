# bash completion for supctl: it is asked itself, so that commands and names of processes are those
# of the server that the line so far is about.
_supctl() {
  local line=${COMP_LINE:0:COMP_POINT} words word before
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[-1]}
  mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
  [[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace  # its value follows
  # bash replaces what stands behind the last colon only.
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    before=${word%"${word##*:}"}
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
  fi
}
complete -o default -F _supctl supctl
