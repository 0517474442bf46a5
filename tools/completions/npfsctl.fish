# SPDX-License-Identifier: MIT
#
# npfsctl: completion for fish: sub-commands, options, and the names of pipes
function __npfsctl_names
	npfsctl list 2> /dev/null | sed -e 1d -e 's/ *[0-9-]* *[0-9-]*$//'
end

complete -c npfsctl -f
set -l commands acl broker call cat doctor list relay serve stat top trace wait
complete -c npfsctl -n "not __fish_seen_subcommand_from $commands" -a "$commands"
complete -c npfsctl -n '__fish_seen_subcommand_from broker' -a 'status stop restart'
complete -c npfsctl -n '__fish_seen_subcommand_from broker' -s q -l quiet
complete -c npfsctl -n '__fish_seen_subcommand_from acl call cat doctor relay stat top trace wait' -a '(__npfsctl_names)'
complete -c npfsctl -n '__fish_seen_subcommand_from acl' -s u -l user -x -a '(__fish_complete_users)'
complete -c npfsctl -n '__fish_seen_subcommand_from list stat trace' -s j -l json
complete -c npfsctl -n '__fish_seen_subcommand_from list' -s w -l watch
complete -c npfsctl -n '__fish_seen_subcommand_from call cat wait' -s t -l timeout -x
complete -c npfsctl -n '__fish_seen_subcommand_from call cat relay serve' -s x -l hex
complete -c npfsctl -n '__fish_seen_subcommand_from cat relay serve' -s l -l lines
complete -c npfsctl -n '__fish_seen_subcommand_from cat relay serve' -s p -l prefix
complete -c npfsctl -n '__fish_seen_subcommand_from cat' -s N -l close
complete -c npfsctl -n '__fish_seen_subcommand_from cat relay' -s n -l count -x
complete -c npfsctl -n '__fish_seen_subcommand_from cat doctor' -s r -l read-only
complete -c npfsctl -n '__fish_seen_subcommand_from cat doctor' -s w -l write-only
complete -c npfsctl -n '__fish_seen_subcommand_from relay' -s s -l serve
complete -c npfsctl -n '__fish_seen_subcommand_from serve' -s b -l bytes
complete -c npfsctl -n '__fish_seen_subcommand_from serve' -s e -l echo
complete -c npfsctl -n '__fish_seen_subcommand_from serve' -l exec -x
complete -c npfsctl -n '__fish_seen_subcommand_from serve' -s c -l instances -x
complete -c npfsctl -n '__fish_seen_subcommand_from serve' -s n -l clients -x
complete -c npfsctl -n '__fish_seen_subcommand_from top' -s b -l batch
complete -c npfsctl -n '__fish_seen_subcommand_from top' -s d -l delay -x
complete -c npfsctl -n '__fish_seen_subcommand_from trace' -s d -l data -x
complete -c npfsctl -n '__fish_seen_subcommand_from top trace' -s n -l count -x
complete -c npfsctl -n '__fish_seen_subcommand_from wait' -s c -l create
