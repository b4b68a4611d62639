// What a reader of hostile bytes is to the harness.

/** @typedef {import('./bytes.mjs').Mutator} Mutator */

/**
 * @typedef {object} Reader
 * @property {string} name
 * @property {string} what what it reads, and from whom, in a few words
 * @property {readonly Uint8Array[]} seeds valid inputs
 * @property {readonly Mutator[]} mutators
 * @property {(input: Uint8Array) => unknown} read reads, and checks what it got: throws an Error that is no refusal
 *   where something does not hold. May give a promise.
 * @property {readonly string[]} refusals codes of the ColonyErrors that `read` may throw
 * @property {(input: Uint8Array, value: unknown) => boolean} planted a fault that only an input which gets far into the
 *   reader meets: shows that the harness would find one there. `value` is what `read` gave.
 * @property {number} [allowance] bytes that reading may cost beyond those of the input. Default 65536.
 * @property {(input: Uint8Array) => string} [show] an input for people; default: as text and base64
 * @property {() => void | Promise<void>} [end]
 */

/** A module in packages/NAME/fuzz: what it needs is made when it is asked for.
 * @typedef {{ readonly reader: () => Reader | string | Promise<Reader | string> }} ReaderModule a string says why it cannot run here
 */

export {};
