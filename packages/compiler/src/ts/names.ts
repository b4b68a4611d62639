/** File names as people know them, from those in source maps. */

/** A package outside of the root, through a link or a workspace, is called by its place in node_modules. */
export function shownFile(source: string): string {
  return source.replace(/\?(?:virtine|module)$/, '').replace(/^(?:\.\.\/)+(?:.*?\/)?(?=node_modules\/)/, '');
}
