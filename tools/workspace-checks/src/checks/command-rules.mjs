/**
 * The unscoped name of our command is a package name that is not ours: `npx aasm` would run what another publisher put there,
 * with the database URL in its environment.
 */
const FOREIGN_NAME = /\b(?:npx|bunx|(?:pnpm|yarn) dlx|npm exec|bun x)(?: +-{1,2}[\w-]+)*(?: +--)? +(aasm)(?![\w-])/;

/** A command that changes what is installed, of one package manager. */
const INSTALL_COMMAND =
  /\b(?:npm (?:install|i|ci|rebuild|add)|pnpm (?:add|install|rebuild|approve-builds)|yarn (?:add|install|rebuild)|bun (?:add|install|pm))\b/;

/** Where the commands of all package managers are, each for its own users. */
const COMMAND_TABLES = [
  "packages/storage-core/src/package-manager.ts",
  "packages/storage-sqlite/src/driver/missing-driver.ts",
];

/**
 * What is wrong with the commands that a line tells people to run.
 * @param {string} file relative to the root of the workspace
 * @param {string} text one line of it
 * @returns {string[]}
 */
export function commandProblems(file, text) {
  const problems = [];
  if (FOREIGN_NAME.test(text)) {
    problems.push(
      '"aasm" is not our package; say "npx @agent-assembly/cli", or "aasm" after an installation of @agent-assembly/cli',
    );
  }
  const [command] = (/^packages\/[^/]+\/src\//.test(file) && INSTALL_COMMAND.exec(text)) || [];
  if (command !== undefined && !COMMAND_TABLES.includes(file)) {
    problems.push(`"${command}" is a command of one package manager; use installRemedy of storage-core/backend`);
  }
  return problems;
}
