/** File names as messages and reports show them. */
import { relative, sep } from 'node:path';

/** The name of a file relative to the project's root, with slashes. */
export const nameFrom = (root: string, file: string): string => relative(root, file).split(sep).join('/');

/**
 * The name of a file in a source map. A package outside the root, reached through a link or a workspace, is named by
 * its place in node_modules.
 */
export function shownFile(source: string): string {
  return source.replace(/\?(?:virtine|module)$/, '').replace(/^(?:\.\.\/)+(?:.*?\/)?(?=node_modules\/)/, '');
}
