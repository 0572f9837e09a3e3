// The calls that test_npm.py compares: calls.js FOLDER-OF-MODULES PORT. Prints a JSON list of answers.
'use strict';

const path = require('path');
const [folder, port] = process.argv.slice(2);
const { SupervisordClient } = require(path.join(folder, 'node-supervisord'));
const supervisord = require(path.join(folder, 'supervisord'));

const client = new SupervisordClient(`http://localhost:${port}`, { username: 'u', password: 'p' });
const old = supervisord.connect(`http://u:p@localhost:${port}`);
const stranger = new SupervisordClient(`http://localhost:${port}`, { username: 'u', password: 'wrong' });

const CALLS = [
  ['getAPIVersion'], ['getSupervisorVersion'], ['getIdentification'], ['getState'],
  ['getAllProcessInfo'], ['getProcessInfo', 'cat'], ['getProcessInfo', 'none'], ['getAllConfigInfo'],
  ['stopProcess', 'cat', true], ['stopProcess', 'cat', true], ['startProcess', 'cat', true],
  ['sendProcessStdin', 'cat', 'ünïcode & <tags>\n'], ['signalProcess', 'cat', 'USR9'],
  ['readProcessStdoutLog', 'said', 0, 100], ['tailProcessStdoutLog', 'said', 0, 7],
  ['sendRemoteCommEvent', 'type', 'data'], ['clearProcessLogs', 'said'], ['stopProcessGroup', 'pair', true],
  ['startAllProcesses', true], ['reloadConfig'], ['getProcessInfo'],
  ['methodHelp', 'nothing'], ['methodSignature', 'supervisor.getState'],
  ['multicall', [{ methodName: 'supervisor.getPID', params: ['x'] },
    { methodName: 'supervisor.getState', params: [] }]],
];

function reason(error) {
  return { fault: error.faultCode, text: error.faultString || String(error.message) };
}

async function main() {
  const answers = [];
  for (const [name, ...parameters] of CALLS) {
    answers.push([name, await client[name](...parameters).catch(reason)]);
  }
  for (const name of ['getState', 'getAllProcessInfo']) {
    answers.push([`old ${name}`, await new Promise((resolve) => {
      old[name]((error, value) => resolve(error ? reason(error) : value));
    })]);
  }
  answers.push(['wrong password', await stranger.getState().catch(reason)]);
  console.log(JSON.stringify(answers));
}

main();
