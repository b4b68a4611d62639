/** The event loop, as the guest's runtime uses it. */
import process from 'node:process';

interface Wait {
  /** Ends it: no work is left, or work failed. */
  end(error?: { readonly thrown: unknown }): void;
}

let present: Wait | undefined;

// Node raises it when no work is left.
process.on('beforeExit', () => present?.end());
// An exception of a timer or of an event ends the call that waits for it. Without one it ends the program.
process.on('uncaughtException', (thrown) => {
  if (present === undefined) throw thrown;
  present.end({ thrown });
});
// As on the other backends: a promise may be rejected before someone asks for it.
process.on('unhandledRejection', () => {});

/** Runs the loop until the function that `begin` gets is called, or no work is left. Rejects with what an event threw. */
export function wait(begin: (end: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const own: Wait = {
      end(error) {
        if (present === own) present = undefined;
        // A turn of the loop later no job is at work.
        setImmediate(() => (error === undefined ? resolve() : reject(error.thrown)));
      },
    };
    present = own;
    begin(() => own.end());
  });
}
