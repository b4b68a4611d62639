// Checks that options are validated, for tests of every function that takes options.
import { ColonyError } from '@colony/core';
import fc from 'fast-check';
import { ODD, oddMaker } from './odd-values.mjs';

/** @typedef {(value: unknown) => boolean} Accepts */

/** @type {Accepts} */
export const isText = (value) => typeof value === 'string' && value !== '';
/** @type {Accepts} */
export const isFlag = (value) => typeof value === 'boolean';
/** Accepts text and URLs for the option of a path; whether it is a valid path is not tested. @type {Accepts} */
export const mayBePath = (value) => isText(value) || value instanceof URL;
/** @type {Accepts} */
export const isTextList = (value) => Array.isArray(value) && value.length < 100 && value.every(isText);
/** @param {number} least @returns {Accepts} */
export const isCountFrom = (least) => (value) =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= 65_536;

/** @param {() => unknown} work @returns {Promise<unknown>} */
async function thrownBy(work) {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/**
 * `work` throws ERR_BAD_OPTION for the option `path`, or for a part of it.
 * @param {() => unknown} work @param {string} path @returns {Promise<string>} the message
 */
export async function expectRefused(work, path) {
  const error = await thrownBy(work);
  if (!ColonyError.is(error)) throw error;
  const at = String(error.details.path);
  const names = at === path || at.startsWith(`${path}.`) || at.startsWith(`${path}[`);
  if (error.code !== 'ERR_BAD_OPTION' || !names) throw new Error(`${path}: ${error.code} at ${at}: ${error.message}`);
  return error.message;
}

/** A getter of the value may throw in the check, too. @param {Accepts} accepts @param {unknown} value */
function takes(accepts, value) {
  try {
    return value === undefined || accepts(value);
  } catch {
    return false;
  }
}

/**
 * Checks that each odd value is refused for the option `path`, except `undefined` and valid values.
 * @param {string} path @param {Accepts} accepts @param {(value: never) => unknown} use receives the option's value
 */
export async function expectOddRefused(path, accepts, use) {
  const check = async (/** @type {() => unknown} */ make) => {
    if (!takes(accepts, make())) await expectRefused(() => use(/** @type {never} */ (make())), path);
  };
  for (const make of ODD) await check(make);
  await fc.assert(fc.asyncProperty(oddMaker, check), { numRuns: 50 });
}
