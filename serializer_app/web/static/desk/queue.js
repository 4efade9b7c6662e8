// Writes about units go one after the other: each needs the version that the one before it made.

let last = Promise.resolve();

/** Run `write` (it may be asynchronous) when all earlier writes are done. One that throws does not stop later ones. */
export const enqueue = (write) => {
  last = last.then(write).catch(console.error);
};

/** Resolves when every write so far is done. */
export const allSaved = () => last;
