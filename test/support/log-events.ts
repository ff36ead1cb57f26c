/** What happened, and the fields beside `level`, `time` and `device`. */
export interface LogEvent {
  readonly meaning: string;
  readonly fields: readonly string[];
}

const event = (meaning: string, ...fields: readonly string[]): LogEvent => ({ meaning, fields });

/** Every event that the service writes, beside the codes of faults. docs/LOG.md is made from this table. */
export const LOG_EVENTS: Readonly<Record<string, LogEvent>> = {
  starting: event("The process starts. Passwords are left out.", "version", "settings"),
  setting_unknown: event("A variable looks like a setting but is none. It is probably misspelt.", "name"),
  started: event("The device is ready.", "pack", "loadMs", "selfTestMs"),
  stopped: event("The process ends because of a signal.", "signal"),
  ended: event("The process ends because only a new start helps.", "err"),
  stop_forced: event("A part did not stop in time. The process ends with code 1. No data is lost.", "afterMs"),
  crashed: event("The program has a defect. The process ends with code 1. Report it.", "err"),
  enrolling: event(
    "The camera has no settings yet and enrols by itself. Tell the code to whoever approves it.",
    "enrolmentCode",
    "digits",
  ),
  enrolment_sent: event("The camera asked to be provisioned.", "broker"),
  enrolment_waits: event("The camera cannot ask to be provisioned now. It tries again.", "code", "reason"),
  approval_refused: event("What came for an enrolment was not taken. Nothing has changed.", "code", "reason"),
  renewal_sent: event("The camera asked for a new certificate."),
  certificate_renewed: event("The camera has a new certificate, and connects with it.", "until"),
  certificate_fell_back: event(
    "The broker took the certificate before the new one, and probably refuses the new one: its authority may be unknown there. `until` is the end of the one in use.",
    "until",
  ),
  provisioned: event("The camera has what it needs to serve.", "shop", "broker"),
  broker_connected: event("The broker accepted the connection.", "mqtt"),
  broker_allowed: event("The broker allows what it denied before.", "what"),
  copy_unsent: event("The answer did not reach the response topic. It did reach `report`.", "reason"),
  unsent: event("A message that is sent again later could not be sent now.", "reason"),
  request_accepted: event("A request is in the ledger. There will be a report.", "jti"),
  request_repeated: event("A request came again. The device sends the same report again.", "jti"),
  request_refused: event("The device refused a request with a code of [CONTRACT.md](CONTRACT.md).", "code", "jti"),
  request_failed: event("A message could not be handled. The program has a defect. Report it.", "err"),
  refusal_unsent: event("A refusal, or the answer to a cancel, did not reach the broker.", "reason"),
  report_stored: event("A report is on the disk, in the chain and in the outbox.", "jti", "seq"),
  report_failed: event(
    "No report could be made. The process ends; its next start reports `interrupted`.",
    "jti",
    "err",
  ),
  receipt_mismatched: event(
    "The carrier signed a receipt for reports that are not this device's own at their places. They stay in the outbox.",
    "reports",
  ),
  reports_wait: event("Reports wait for the broker.", "reason"),
  reports_given_up: event("Reports left the outbox after 180 days. They stay in the chain.", "seqs"),
  spoof_suspected: event("A verification looked like a presentation attack.", "attemptsLeft", "lockedUntilMs"),
  camera_back: event("The camera is connected again.", "camera"),
  camera_turned: event("The camera is mounted turned. Its frames are turned back from now on.", "degrees"),
  light_works: event("The light can be set again."),
  storage_recovered: event("The data folder can be written again."),
  health_changed: event("The health state or its codes changed: [HEALTH.md](HEALTH.md).", "state", "codes"),
  health_unknown: event("The metrics of the board could not be read.", "reason"),
  health_socket_failed: event("The unix socket for the health does not work.", "reason"),
  core_dumps_possible: event("Core dumps could not be disabled. Configure the system to make none.", "reason"),
  freed_memory_stays: event("Freed memory is not overwritten. It can contain parts of images.", "reason"),
  update_lock_failed: event("The update lock does not work. Verifications go on without it.", "reason"),
  command_done: event("The device executed a command.", "type", "jti", "outcome"),
  command_refused: event(
    "The device refused a command with a code of [CONTRACT.md](CONTRACT.md).",
    "code",
    "jti",
    "reason",
  ),
  command_failed: event("A command failed without a code. Report it.", "err"),
  settings_changed: event("The device is opened again, because other settings are in force."),
  settings_confirmed: event("The broker was reached with changed settings. They stay.", "jti", "names"),
  settings_undone: event(
    "Changed settings were undone. Those before are in force again.",
    "jti",
    "names",
    "code",
    "reason",
  ),
  settings_undecided: event("A change of settings could not be confirmed or undone now. It is tried again.", "reason"),
  pack_in_force: event("Another model pack is in force.", "pack", "hash"),
  packs_untidy: event("Files of old packs could not be removed.", "reason"),
};
