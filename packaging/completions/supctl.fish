# fish completion for supctl: it is asked itself, so that commands and names of processes are those
# of the server that the line so far is about.
function __supctl_words
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l program $words[1]
    set -e words[1]
    $program --complete $words (commandline --current-token --cut-at-cursor) 2>/dev/null
end
complete --command supctl --no-files --arguments '(__supctl_words)'
complete --command supctl --short-option c --long-option configuration --require-parameter --force-files
