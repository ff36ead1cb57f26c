/** What the test files with a command of their own do, by file. `--help` of these commands shows it. */
const COMMANDS: Readonly<Record<string, string>> = {
  "dist/test/story/pages.test.js": `npm run pages, npm run page-pictures

Opens the gateway's pages for the counter and the fleet in Debian's chromium, with a gateway, a broker and a camera that plays
films. It checks aim, hints, decline, a lost connection, accessibility and delays, and searches all traffic for pictures. npm run
page-pictures also writes README's pictures. Both take some minutes.
`,
  "dist/test/deploy/runbook.test.js": `npm run runbook

Runs every marked block of deploy/README.md and deploy/BY-HAND.md, in order, with ten services on film cameras. It needs mosquitto,
openssl, PostgreSQL, curl and jq, and takes some minutes.
`,
  "dist/test/story/enrolment.test.js": `npm run enrolment

Enrols a camera, from its bootstrap credential to its first verification, over the brokers of deploy/broker. An impostor and a
broker that changes keys are refused. It needs mosquitto and openssl, and takes a minute.
`,
  "dist/test/story/rollout.test.js": `npm run rollout

Rolls out a bad pack, a refused pack, a good pack and settings to four simulated cameras, over a real broker and gateway. It takes
a minute.
`,
  "dist/test/accuracy/accuracy.test.js": `npm run accuracy

Measures error rates of both model packs on every labelled set beside the repository (../shared/faces). It takes minutes, and is
skipped without the faces.
`,
};

const RUNNER = `Runs compiled tests. Run npm run build first.

  npm test                                           builds, and runs all tests but the long ones
  npm run long-tests                                 runs the long ones, after npm run build
  node dist/test/run.js [options] [file or pattern…] runs these; * stands for any name, ** for any folders

  --timeout <seconds>  ends a test process after this time (1500)
  --jobs <n>           test processes that run at the same time (two for each core)
  --cost               prints the processor time of each process at the end
  --long               runs the long tests where no file is named
  --help               shows this text

  node dist/test/run.js dist/test/device/session/decision.test.js
  node dist/test/run.js 'dist/test/docs/*.test.js'
  TAP_GREP='too dark' node dist/test/device/session/guidance.test.js

Exit code: 0 all passed, 1 a test failed, 2 an argument is wrong. docs/TESTING.md lists the long tests.
`;

/** The help of the test runner for its arguments: what the command is about, if it is one of package.json, and the options. */
export function runnerHelp(args: readonly string[]): string {
  const command = args.map((argument) => COMMANDS[argument]).find(Boolean);
  return command ? `${command}\n${RUNNER}` : RUNNER;
}
