# Completion of runner in Bash.
_runner_complete() {
    local words=("${COMP_WORDS[@]:0:COMP_CWORD+1}") word
    # Bash parts words at = and :, which the program joins again; $2 is what follows.
    [[ ${words[COMP_CWORD]} =~ ^[=:]+$ ]] || words[COMP_CWORD]=$2
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(RUNNER_COMPLETE=bash runner -- "${words[@]}" 2>/dev/null)
    if [[ ${COMPREPLY-} =~ [=/]$ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F _runner_complete runner 2>/dev/null ||
    complete -o bashdefault -F _runner_complete runner
