#!/bin/bash
# A listener in bash: says who died. `read -N` counts characters, as the header does, if the locale
# has UTF-8; the plain `read` of other shells cannot read a payload, which has no line end.
LC_ALL=C.UTF-8
exec 3>&1 1>&2  # whatever is said below must not disturb the protocol

value_of() { # KEY LINE
  local word
  for word in $2; do
    [ "${word%%:*}" = "$1" ] && printf '%s' "${word#*:}"
  done
}

set -f # no patterns in words
while printf 'READY\n' >&3 && IFS= read -r header; do
  length=$(value_of len "$header")
  payload=
  if [ "$length" -gt 0 ]; then
    IFS= read -r -N "$length" payload || exit 0
  fi
  line=${payload%%$'\n'*}
  if [ "$(value_of eventname "$header")" = PROCESS_STATE_EXITED ] && [ "$(value_of expected "$line")" = 0 ]; then
    echo "$(value_of groupname "$line"):$(value_of processname "$line") died, pid $(value_of pid "$line")"
  fi
  printf 'RESULT 2\nOK' >&3
done
