// Serves a directory on 127.0.0.1, on a port that the system picks; prints
// the base URL on one line. For tests: every file, nothing else.
//
// usage: node serve_directory.js DIRECTORY
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');

const root = fs.realpathSync(process.argv[2]);

const server = http.createServer((request, response) => {
  let file;
  try {
    const { pathname } = new URL(request.url, 'http://localhost/');
    file = path.join(root, decodeURIComponent(pathname));
  } catch (error) {
    response.writeHead(400).end();
    return;
  }
  if (!file.startsWith(root + path.sep) || !fs.existsSync(file) ||
      !fs.statSync(file).isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'Content-Length': fs.statSync(file).size,
    'Content-Type': 'application/octet-stream',
  });
  fs.createReadStream(file).pipe(response);
});

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
