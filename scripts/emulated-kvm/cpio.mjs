// An initramfs: a cpio archive in the "newc" format, which Linux documents in driver-api/early-userspace/buffer-format.
const DIRECTORY = 0o040755;
const FILE = 0o100755;

/** @typedef {{ readonly name: string, readonly data?: Buffer }} Entry without data: a directory */

/** @param {number} index @param {Entry | { name: string, data: Buffer }} entry @param {number} mode */
function record(index, entry, mode) {
  const data = entry.data ?? Buffer.alloc(0);
  const name = Buffer.from(`${entry.name}\0`);
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [index, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(data)]);
}

/** @param {Buffer} bytes */
function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** @param {readonly Entry[]} entries folders before their contents; every file is executable and belongs to root */
export function cpio(entries) {
  const records = entries.map((entry, index) => record(index + 1, entry, entry.data ? FILE : DIRECTORY));
  return Buffer.concat([...records, record(0, { name: 'TRAILER!!!', data: Buffer.alloc(0) }, 0)]);
}
