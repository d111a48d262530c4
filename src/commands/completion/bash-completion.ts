import { allFlags, type DescribedCommand, takesValue } from './described-command.ts'

/** Works with bash 3.2, which macOS has, as well: no arrays by name, no `mapfile`. */
export function bashCompletion(commands: readonly DescribedCommand[]): string {
  const flags = allFlags(commands)
  const valued = flags.filter(takesValue)
  const names = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => name).join(' ')
  const choices = valued.flatMap(({ name, value }) =>
    typeof value === 'string'
      ? []
      : [`    ${name}) COMPREPLY=($(compgen -W '${value.join(' ')}' -- "$cur")); return ;;`],
  )
  const cases = commands.map(
    ({ path, words, flags: own }) =>
      `    '${path}') words='${names(words)}'; flags='${path === '' ? '' : names(own)}' ;;`,
  )
  const paths = commands.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]))
  const files = valued.filter(({ value }) => value === 'path')
  const pattern = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => name).join('|')

  return `# Completion of dragoman for bash: put this into ~/.bashrc
#   eval "$(dragoman completion bash)"
_dragoman() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' next words='' flags='' general i
  # --flag=value is three words here.
  if [[ $cur == = ]]; then cur=''
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${pattern(valued)})
        [[ \${COMP_WORDS[i+1]} == = ]] && i=$((i + 1))
        i=$((i + 1)) ;;
      -*) ;;
      *)
        next="\${command:+$command }\${COMP_WORDS[i]}"
        case $next in
          ${paths.join('|')}) command=$next ;;
        esac ;;
    esac
  done
  case $prev in
${choices.join('\n')}
    ${pattern(files)})
      local IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$cur"))
      return ;;
    ${pattern(valued)}) COMPREPLY=(); return ;;
  esac
  general='${names(commands[0]?.flags ?? [])}'
  case $command in
${cases.join('\n')}
  esac
  [[ $cur == -* ]] && words="$flags $general"
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _dragoman dragoman
`
}
