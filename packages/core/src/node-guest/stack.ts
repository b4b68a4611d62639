/** Stacks that the guest sees: its own frames and its runtime's. */

const errorText = Error.prototype.toString;

function isHidden(frame: NodeJS.CallSite, scripts: readonly string[]): boolean {
  const file = frame.getFileName();
  return file === null || file === undefined ? false : file.startsWith('node:') || scripts.includes(file);
}

/**
 * Hides the frames of Node's and of these scripts. Node uses the outer realm's `Error` if the guest's own has no
 * `prepareStackTrace`.
 */
export function hideFrames(scripts: readonly string[]): void {
  Error.prepareStackTrace = (error, frames) => {
    let text: string;
    try {
      text = Reflect.apply(errorText, error, []);
    } catch {
      text = 'Error';
    }
    for (const frame of frames) if (!isHidden(frame, scripts)) text += `\n    at ${String(frame)}`;
    return text;
  };
}
