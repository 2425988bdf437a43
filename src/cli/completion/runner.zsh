#compdef runner
# Completion of runner in Zsh.
_runner() {
    local line
    local -a whole part
    # The program marks a candidate that goes on, such as `key=`, with a minus.
    for line in "${(@f)$(RUNNER_COMPLETE=zsh runner -- "${(@)words[1,CURRENT]}" 2>/dev/null)}"; do
        case $line in
            +*) whole+=("${line#?}") ;;
            -*) part+=("${line#?}") ;;
        esac
    done
    (( $#part )) && _describe -V value part -S ''
    (( $#whole )) && _describe -V value whole
}
if [[ $funcstack[1] == _runner ]]; then
    _runner "$@"
else
    compdef _runner runner
fi
