/** Where worker and runner meet. */

export const workerFolder = "/worker";
export const buildFolder = `${workerFolder}/build`;
export const cacheFolder = `${workerFolder}/cache`;
/** FUSE: blobs on local disk. */
export const blobFolder = `${workerFolder}/cas`;
export const runnerSocket = `${workerFolder}/runner`;
export const filePoolPath = `${workerFolder}/filepool`;
