import { allFlags, type DescribedCommand, takesValue, type Word } from './described-command.ts'

export function zshCompletion(commands: readonly DescribedCommand[]): string {
  const valued = allFlags(commands).filter(takesValue)
  const pattern = (list: readonly Word[]): string => list.map(({ name }) => name).join('|')
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
  const described = (list: readonly Word[]): string =>
    list.map(({ name, summary }) => quoted(summary === '' ? name : `${name}:${summary}`)).join(' ')
  const choices = valued.flatMap(({ name, value }) =>
    typeof value === 'string' ? [] : [`    (${name}) compadd -- ${value.join(' ')}; return ;;`],
  )
  const cases = commands.map(
    ({ path, words, flags }) =>
      `    ('${path}') following=(${described(words)}); flags=(${path === '' ? '' : described(flags)}) ;;`,
  )
  const paths = commands.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]))
  const files = valued.filter(({ value }) => value === 'path')

  return `#compdef dragoman
# Completion of dragoman for zsh: put this into ~/.zshrc
#   eval "$(dragoman completion zsh)"
_dragoman() {
  local command='' next flag
  local -i i
  local -a following flags general
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      (${pattern(valued)}) i=$((i + 1)) ;;
      (-*) ;;
      (*)
        next="\${command:+$command }$words[i]"
        case $next in
          (${paths.join('|')}) command=$next ;;
        esac ;;
    esac
  done
  flag=$words[CURRENT-1]
  compset -P '--*=' && flag=\${words[CURRENT]%%=*}
  case $flag in
${choices.join('\n')}
    (${pattern(files)}) _files; return ;;
    (${pattern(valued)}) _message value; return ;;
  esac
  general=(${described(commands[0]?.flags ?? [])})
  case $command in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    flags+=($general)
    _describe -o option flags
  else
    _describe command following
  fi
}
if [[ \${funcstack[1]} == _dragoman ]]; then _dragoman "$@"
else
  # A shell without a set-up of its own has no completion yet.
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
  compdef _dragoman dragoman
fi
`
}
