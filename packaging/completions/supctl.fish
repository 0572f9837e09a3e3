# fish completion for supctl: it is asked itself, so that commands and names of processes are those
# of the server that the line so far is about. Its exit status 3 says that a file may be meant.
function __supctl_words
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l program $words[1]
    set -e words[1]
    set -l word (commandline --current-token --cut-at-cursor)
    # Without words it would wait for some at the standard input.
    set -q words[1]; and set words (string replace --regex '^~/' "$HOME/" -- $words)
    $program --complete $words "$word" 2>/dev/null
    if test $status -eq 3
        __fish_complete_path "$word"
    end
end
complete --command supctl --no-files --arguments '(__supctl_words)'
complete --command supctl --short-option c --long-option configuration --require-parameter --force-files
complete --command supctl --short-option r --long-option history_file --require-parameter --force-files
