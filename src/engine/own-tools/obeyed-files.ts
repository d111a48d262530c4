/**
 * Files of a workspace that other programs run or obey without asking whoever opens the folder later. Claude Code would ask
 * before it writes them (2.1.330); here nobody can be asked.
 */
const FOLDERS = new Set(['.claude', '.git', '.vscode', '.idea', '.husky', '.devcontainer', '.cargo', '.mvn', '.yarn'])
const FILES = new Set([
  '.mcp.json',
  '.claude.json',
  '.gitmodules',
  '.gitconfig',
  '.ripgreprc',
  '.envrc',
  '.bashrc',
  '.bash_profile',
  '.bash_login',
  '.bash_logout',
  '.bash_aliases',
  '.profile',
  '.zshrc',
  '.zshenv',
  '.zprofile',
  '.zlogin',
  '.zlogout',
])

/** @param path relative to the workspace */
export function isObeyed(path: string): boolean {
  const names = path.split('/').map(asTold)
  return names.some((name) => FOLDERS.has(name) || FILES.has(name))
}

/** One name for all those that some file system takes for the same: by case, by signs that nobody sees, by dots and spaces at the end. */
function asTold(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
    .replaceAll('ı', 'i')
    .replace(/[. ]+$/, '')
}
