// The harness's interface to a reader of hostile bytes.

/** @typedef {import('./bytes.mjs').Mutator} Mutator */

/**
 * @typedef {object} Reader
 * @property {string} name
 * @property {string} what a few words on its input and the input's origin
 * @property {readonly Uint8Array[]} seeds valid inputs
 * @property {readonly Mutator[]} mutators
 * @property {(input: Uint8Array) => unknown} read reads and checks the result: throws an Error other than a refusal
 *   if a check fails. May return a promise.
 * @property {readonly string[]} refusals codes of the ColonyErrors that `read` may throw
 * @property {(input: Uint8Array, value: unknown) => boolean} planted a fault that only an input deep inside the
 *   reader triggers: shows that the harness finds faults there. `value` is the result of `read`.
 * @property {number} [allowance] bytes that reading may cost beyond those of the input. Default 65536.
 * @property {(input: Uint8Array) => string} [show] an input for people; default: as text and base64
 * @property {() => void | Promise<void>} [end]
 */

/**
 * A module in packages/NAME/fuzz; it makes its reader on demand.
 * @typedef {{ readonly reader: () => Reader | string | Promise<Reader | string> }} ReaderModule a string is the reason
 * why it cannot run here
 */

export {};
