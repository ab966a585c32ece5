// Downloads targets with npm's tuf-js, as any program using it would.
//
// usage: node tuf_client.js METADATA_DIR BASE_URL TARGET_DIR [TARGET_PATH...]
//
// METADATA_DIR holds the trusted root.json. Prints one JSON object: for each
// target path {sha256, length, custom} or {error}, and `refresh`: null or the error.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { Updater } = require('tuf-js');

async function download(updater, directory, name) {
  const info = await updater.getTargetInfo(name);
  if (!info) {
    throw new Error('no such target');
  }
  const file = path.join(directory, encodeURIComponent(name));
  await updater.downloadTarget(info, file);
  const bytes = fs.readFileSync(file);
  const sha256 = crypto.createHash('sha256').update(bytes).digest('hex');
  return { sha256, length: bytes.length, custom: info.custom };
}

async function main() {
  const [metadataDir, baseUrl, targetDir, ...names] = process.argv.slice(2);
  const updater = new Updater({
    metadataDir,
    metadataBaseUrl: baseUrl + 'metadata/',
    targetDir,
    targetBaseUrl: baseUrl,
    config: { fetchRetry: 0, fetchTimeout: 60000 },
  });
  const result = { refresh: null, targets: {} };
  try {
    await updater.refresh();
  } catch (error) {
    result.refresh = `${error.name}: ${error.message}`;
  }
  for (const name of result.refresh === null ? names : []) {
    try {
      result.targets[name] = await download(updater, targetDir, name);
    } catch (error) {
      result.targets[name] = { error: `${error.name}: ${error.message}` };
    }
  }
  console.log(JSON.stringify(result));
}

main();
