import { allFlags, type DescribedCommand, type Flag, takesValue } from './described-command.ts'

export function fishCompletion(commands: readonly DescribedCommand[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`
  const valued = allFlags(commands).filter(takesValue)
  const paths = commands.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]))
  const lines = commands.flatMap(({ path, words, flags }) => {
    const here = `-n ${quoted(`__dragoman_at ${path === '' ? '""' : `"${path}"`}`)} `
    return [
      ...words.map(({ name, summary }) => `complete -c dragoman ${here}-a ${quoted(name)} -d ${quoted(summary)}`),
      // Flags of the program work with every command.
      ...flags.map((flag) => `complete -c dragoman ${path === '' ? '' : here}${flagLine(flag, quoted)}`),
    ]
  })

  return `# Completion of dragoman for fish: put this into ~/.config/fish/config.fish
#   dragoman completion fish | source
function __dragoman_at
    set -l path
    set -l is_value 0
    for word in (commandline -opc)[2..-1]
        if test $is_value = 1
            set is_value 0
        else if contains -- $word ${valued.map(({ name }) => name).join(' ')}
            set is_value 1
        else if not string match -q -- '-*' $word
            set -l next (string join ' ' $path $word)
            contains -- $next ${paths.join(' ')}; and set path $next
        end
    end
    test "$path" = "$argv[1]"
end
complete -c dragoman -f
${lines.join('\n')}
`
}

function flagLine({ name, summary, value }: Flag, quoted: (text: string) => string): string {
  const flag = `-l ${name.slice(2)} -d ${quoted(summary)}`
  if (value === 'none') return flag
  if (value === 'path') return `${flag} -r -F`
  return value === 'other' ? `${flag} -x` : `${flag} -x -a ${quoted(value.join(' '))}`
}
