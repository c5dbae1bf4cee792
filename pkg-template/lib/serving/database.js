// The database of a queue, read without the engine.

/**
 * Reads in one transaction; undefined when the queue, or one of the stores, is not there. Nothing is made.
 *
 * @template T
 * @param {string} name The queue's.
 * @param {string[]} stores
 * @param {(get: (store: string, method: string, ...query: unknown[]) => Promise<any>) => Promise<T>} read
 * @returns {Promise<T | undefined>}
 */
export async function readDatabase(name, stores, read) {
  const database = await open(`qmgr:${name}`);
  if (database === undefined) return undefined;
  // Whoever upgrades or deletes it does not wait for a service worker.
  database.onversionchange = () => database.close();
  try {
    if (!stores.every((store) => database.objectStoreNames.contains(store))) return undefined;
    const transaction = database.transaction(stores, "readonly");
    return await read((store, method, ...query) => settled(transaction.objectStore(store)[method](...query)));
  } finally {
    database.close();
  }
}

async function open(name) {
  const opening = indexedDB.open(name);
  let isMissing = false;
  opening.onupgradeneeded = () => {
    // It would be made by this very request.
    isMissing = true;
    opening.transaction.abort();
  };
  try {
    return await settled(opening);
  } catch (error) {
    if (isMissing) return undefined;
    throw error;
  }
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
