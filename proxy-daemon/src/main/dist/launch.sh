# Copyright The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
# Sourced by the launchers. A start so has the JVM options and the ahead-of-time cache of its mode from the beginning.
# The daemon's own parser decides the mode, and starts the process again where this one here has guessed wrong.

# Sets `mode` to the mode that the daemon's arguments name, or their configuration file, which takes precedence.
find_mode() {
    mode=iptables config='' before=''
    for argument; do
        case $before$argument in
            --proxy-mode=*) mode=${argument#--proxy-mode=} ;;
            --config=*) config=${argument#--config=} ;;
        esac
        case $argument in
            --proxy-mode | --config) before=$argument= ;;
            *) before='' ;;
        esac
    done
    [ -f "$config" ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            mode:* | *'"mode":'*) line=${line#*mode} ;;
            *) continue ;;
        esac
        for known in iptables ipvs nftables userspace; do
            case $line in *"$known"*) mode=$known ;; esac
        done
    done <"$config"
}

# launch JAVA FOLDER ARGUMENT...: replaces the shell by the daemon of a folder
launch() {
    java=$1 folder=$2
    shift 2
    find_mode "$@"
    cache=$folder/aot/$mode.aot
    [ -e "$cache" ] || cache=$folder/aot/iptables.aot
    set -- -jar "$folder/sluice-daemon.jar" "$@"
    # shellcheck disable=SC2086 # the options are words
    set -- ${SLUICE_JAVA_OPTS-} "$@"
    # without the option the daemon reports why
    ! usable "$cache" "$folder" || set -- "-XX:AOTCache=$cache" "$@"
    set -- "-Dsluice.aot-cache=$cache" "$@"
    [ ! -d "$folder/native" ] || set -- "-Djava.library.path=$folder/native" "$@"
    [ ! -e "$folder/jvm-$mode.options" ] || set -- "@$folder/jvm-$mode.options" "$@"
    export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
    exec "$java" "@$folder/jvm.options" "$@"
}

# Whether a cache was made from these very jars, by their dates and sizes: a JVM with a cache of other jars runs the
# classes of those.
usable() {
    [ -e "$1" ] && [ -e "$2/aot/jars" ] && [ "$(jars "$2")" = "$(cat "$2/aot/jars")" ]
}

jars() {
    cd "$1" && stat -c '%n %s %Y' sluice-daemon.jar lib/*.jar
}
