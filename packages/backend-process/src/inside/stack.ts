/** Stacks that the guest sees: its own frames and its runtime's. */

/** Names of scripts whose frames a guest must not see. */
const HIDDEN = new Set([__filename, 'colony:prelude']);

const errorText = Error.prototype.toString;

function isHidden(frame: NodeJS.CallSite): boolean {
  const file = frame.getFileName();
  return file === null || file === undefined ? false : file.startsWith('node:') || HIDDEN.has(file);
}

/** Node uses the outer realm's `Error` if the guest's own has no `prepareStackTrace`. */
export function hideOwnFrames(): void {
  Error.prepareStackTrace = (error, frames) => {
    let text: string;
    try {
      text = Reflect.apply(errorText, error, []);
    } catch {
      text = 'Error';
    }
    for (const frame of frames) if (!isHidden(frame)) text += `\n    at ${String(frame)}`;
    return text;
  };
}
