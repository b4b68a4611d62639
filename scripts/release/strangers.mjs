// Finds commands that would fetch another owner's package: on the public npm registry `colony` and `@colony/*` are not
// ours.

/**
 * Names one of our packages in a place where a package manager would look it up. A tarball's file or a workspace is
 * allowed.
 */
const BY_NAME =
  /\b(?:npm|pnpm|yarn|bun)\s+(?:install|i|add|rebuild|update|ci|create|init)\b[^`'"\n]*?(?<![\w/.-])(?:@colony\/|colony(?![\w./-]))/;

/** Runs the command, and fetches it if it is not installed. `--no-install` forbids that. */
const RUNNER =
  /\b(?:npx|bunx|pnpx|pnpm\s+dlx|yarn\s+dlx|npm\s+(?:exec|x))\s+(?!--no-install\b)[^`'"\n]*?(?<![\w/.-])(?:@colony\/|colony(?![\w./-]))/;

/** Template placeholders; a message with one would name one of our packages. */
const FILLED_IN = /\b(?:npm|pnpm|yarn|bun)\s+(?:install|i|add|rebuild)\s+\$\{(?:specifier|PACKAGES\b)/;

/** @param {string} text @returns {string[]} its lines with such a command */
export function strangersIn(text) {
  return text.split('\n').filter((line) => [BY_NAME, RUNNER, FILLED_IN].some((pattern) => pattern.test(line)));
}
