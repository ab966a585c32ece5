// Writes a TUF repository with npm's @tufjs/models that uses what the format
// offers: Ed25519 and ECDSA keys, thresholds, opaque keyids, delegation by
// paths, by hash prefixes and by succinct roles, nested delegations, custom
// fields, unknown fields, names outside ASCII, consistent snapshots.
//
// usage: node make_repository.js DIRECTORY VERSION
//
// Run again with the next VERSION on the same directory, it publishes changes:
// root and targets.json stay, the delegated roles have new targets. Private keys
// are kept in DIRECTORY.keys. DIRECTORY/targets.json maps each target path to its
// sha256. Files have the names that a web server gives to decoded requests.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const models = require('@tufjs/models');

const [directory, versionText] = process.argv.slice(2);
const version = Number(versionText);
const EXPIRES = new Date(Date.now() + 86400000 * 30)
  .toISOString().replace(/\.\d+Z$/, 'Z');
// Prefixes of different lengths.
const LOW_HALF = ['0', '1', '2', '3', '4', '5', '7'].concat(
  [...'0123456789abcdef'].map((digit) => `6${digit}`));
const UNKNOWN = { 'x-unknown': { 'ключ': ['"\\', 1, true, null, {}] } };

function sha256(bytes) {
  return crypto.createHash('sha256').update(bytes).digest('hex');
}

// A key pair that outlives this run, with its public half as a TUF key.
function loadKey(name, type, keyid) {
  const file = path.join(`${directory}.keys`, `${name}.pem`);
  if (!fs.existsSync(file)) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const options = {
      ed25519: {}, p256: { namedCurve: 'P-256' }, p384: { namedCurve: 'P-384' },
    }[type];
    const pair = crypto.generateKeyPairSync(
      type === 'ed25519' ? type : 'ec', options);
    fs.writeFileSync(file, pair.privateKey.export(
      { type: 'pkcs8', format: 'pem' }));
  }
  const secret = crypto.createPrivateKey(fs.readFileSync(file));
  const open = crypto.createPublicKey(secret);
  const [keyType, scheme] = {
    ed25519: ['ed25519', 'ed25519'],
    p256: ['ecdsa', 'ecdsa-sha2-nistp256'],
    p384: ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384'],
  }[type];
  const text = type === 'ed25519'
    ? open.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex')
    : open.export({ type: 'spki', format: 'pem' });
  const key = new models.Key({
    keyID: keyid || sha256(text), keyType, scheme, keyVal: { public: text },
    unrecognizedFields: { 'x-owner': name },
  });
  const digest = { ed25519: null, p256: 'sha256', p384: 'sha384' }[type];
  return {
    key,
    sign: (bytes) => new models.Signature({
      keyID: key.keyID, sig: crypto.sign(digest, bytes, secret).toString('hex'),
    }),
  };
}

const keys = {
  root1: loadKey('root1', 'ed25519'),
  root2: loadKey('root2', 'p256'),
  root3: loadKey('root3', 'p384'),
  targets1: loadKey('targets1', 'ed25519'),
  targets2: loadKey('targets2', 'p256', 'editor@example'),
  docs: loadKey('docs', 'p256'),
  team: loadKey('team', 'p256'),
  archive: loadKey('archive', 'p384'),
  hashed: loadKey('hashed', 'ed25519'),
  online: loadKey('online', 'ed25519'),
};

function write(name, bytes) {
  const file = path.join(directory, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
}

// Signs and writes VERSION.<role>.json; gives its bytes.
function writeRole(name, signed, signers) {
  const metadata = new models.Metadata(signed, {}, UNKNOWN);
  signers.forEach((signer) => metadata.sign(signer.sign));
  const bytes = JSON.stringify(metadata.toJSON(), null, 1);
  write(`metadata/${signed.version}.${name}.json`, bytes);
  return bytes;
}

const manifest = {};

function target(name, text) {
  const bytes = Buffer.from(text);
  const hashes = { sha256: sha256(bytes) };
  if (name.includes('512')) {
    hashes.sha512 = crypto.createHash('sha512').update(bytes).digest('hex');
  }
  manifest[name] = hashes.sha256;
  for (const digest of Object.values(hashes)) {
    const { dir, base } = path.posix.parse(name);
    write(path.posix.join(dir, `${digest}.${base}`), bytes);
  }
  return new models.TargetFile({
    path: name, length: bytes.length, hashes,
    unrecognizedFields: {
      custom: { title: `«${name}»`, number: 7, nested: { list: [1, 'ü'] } },
      'x-more': 'kept',
    },
  });
}

function targetsOf(files) {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, target(name, text)]));
}

function signed(fields, roleVersion = version) {
  return {
    version: roleVersion, specVersion: '1.0.31', expires: EXPIRES,
    unrecognizedFields: UNKNOWN, ...fields,
  };
}

function roleJson(signers, threshold, rest) {
  return {
    keyids: signers.map((s) => s.key.keyID), threshold, 'x-role': 'kept',
    ...rest,
  };
}

// The models export no class for delegations, but read and write them.
function delegations(signers, rest) {
  const keyMap = Object.fromEntries(
    signers.map((s) => [s.key.keyID, s.key.toJSON()]));
  return models.Targets.fromJSON({
    _type: 'targets', version, spec_version: '1.0.31', expires: EXPIRES,
    targets: {}, delegations: { keys: keyMap, 'x-more': 'kept', ...rest },
  }).delegations;
}

const meta = {};

function addRole(name, fields, signers, roleVersion) {
  const bytes = writeRole(
    name, new models.Targets(signed(fields, roleVersion)), signers);
  meta[`${name}.json`] = new models.MetaFile({
    version: roleVersion || version, length: Buffer.byteLength(bytes),
    hashes: { sha256: sha256(bytes) },
  });
}

function makeRoot() {
  const { root1, root2, root3, targets1, targets2, online } = keys;
  const all = [root1, root2, root3, targets1, targets2, online];
  const fields = signed({}, 1);
  const root = models.Root.fromJSON({
    _type: 'root', version: 1, spec_version: fields.specVersion,
    expires: fields.expires, consistent_snapshot: true, ...UNKNOWN,
    keys: Object.fromEntries(all.map((s) => [s.key.keyID, s.key.toJSON()])),
    roles: {
      root: roleJson([root1, root2, root3], 2),
      targets: roleJson([targets1, targets2], 2),
      snapshot: roleJson([online], 1),
      timestamp: roleJson([online], 1),
    },
  });
  writeRole('root', root, [root1, root2, root3]);
}

function makeTargets() {
  const { docs, team, hashed, archive, online } = keys;
  addRole('targets', {
    targets: targetsOf({
      'top.txt': 'at the top', 'top-512.txt': 'with two digests',
    }),
    delegations: delegations([docs, team, hashed, archive, online], {
      roles: [
        roleJson([docs, team], 2, {
          name: 'docs', terminating: false, paths: ['docs/*', 'docs/*/*'],
        }),
        roleJson([archive], 1, {
          name: 'archive', terminating: true, paths: ['archive/*'],
        }),
        roleJson([hashed], 1, {
          name: 'low half', terminating: false,
          path_hash_prefixes: LOW_HALF,
        }),
        roleJson([online], 1, {
          name: 'packed', terminating: true, paths: ['bins/*'],
        }),
      ],
    }),
  }, [keys.targets1, keys.targets2], 1);
}

function makeNamedRoles() {
  const { docs, team } = keys;
  addRole('docs', {
    targets: targetsOf({
      'docs/read me.txt': `first, version ${version}`,
      'docs/naïve ☃ 🦊.txt': 'outside ASCII',
      'docs/100%25 + #1?.txt': 'what URLs quote',
    }),
    delegations: delegations([team], {
      roles: [
        roleJson([team], 1, {
          name: 'team/ü', terminating: false, paths: ['docs/téam/*'],
        }),
      ],
    }),
  }, [docs, team]);
  const files = { 'docs/téam/notes.txt': `notes, version ${version}` };
  if (version > 1) {
    files['docs/téam/more.txt'] = 'new in this version';
  }
  addRole('team/ü', { targets: targetsOf(files) }, [team]);
  addRole('archive', {
    targets: targetsOf({ 'archive/old.txt': 'signed with P-384' }),
  }, [keys.archive]);
}

function makeHashed() {
  const files = {};
  for (let i = 0; i < 24; i++) {
    const name = `hashed/${i}.bin`;
    if (parseInt(sha256(name)[0], 16) < 8) {
      files[name] = `hashed ${i} ${version}`;
    }
  }
  addRole('low half', { targets: targetsOf(files) }, [keys.hashed]);
}

function makeBins() {
  const { online } = keys;
  const packed = delegations([online], {
    succinct_roles: roleJson([online], 1, { bit_length: 3, name_prefix: 'bin' }),
  });
  addRole('packed', { delegations: packed }, [online], 1);
  const { succinctRoles } = packed;
  const bins = Object.fromEntries(
    [...succinctRoles.getRoles()].map((name) => [name, {}]));
  for (let i = 0; i < 20; i++) {
    const name = `bins/${i}.dat`;
    bins[succinctRoles.getRoleForTarget(name)][name] = `bin ${i} ${version}`;
  }
  for (const [name, files] of Object.entries(bins)) {
    addRole(name, { targets: targetsOf(files) }, [online]);
  }
}

function makeSnapshotAndTimestamp() {
  const bytes = writeRole(
    'snapshot', new models.Snapshot(signed({ meta })), [keys.online]);
  const metadata = new models.Metadata(new models.Timestamp(signed({
    snapshotMeta: new models.MetaFile({
      version, length: Buffer.byteLength(bytes),
      hashes: { sha256: sha256(bytes) },
    }),
  })), {}, UNKNOWN);
  metadata.sign(keys.online.sign);
  write('metadata/timestamp.json', JSON.stringify(metadata.toJSON()));
}

makeTargets();
makeNamedRoles();
makeHashed();
makeBins();
if (version === 1) {
  makeRoot();
}
makeSnapshotAndTimestamp();
fs.writeFileSync(path.join(directory, 'targets.json'),
  JSON.stringify(manifest));
