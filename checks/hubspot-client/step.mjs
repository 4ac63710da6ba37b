// One step of the check: a sentence that holds, or the first complaint.

/** Runs a step and says so; the first one that fails ends the check. */
export async function step(sentence, does) {
  try {
    await does();
  } catch (complaint) {
    console.error(`not so: ${sentence}\n${told(complaint)}`);
    process.exit(1);
  }
  console.log(`ok: ${sentence}`);
}

/** Awaits a refusal as the client's own exception, with this status. Returns its body. */
export async function refused(status, call) {
  let answer;
  try {
    answer = await call;
  } catch (exception) {
    if (exception.code === status) return exception.body;
    throw exception;
  }
  throw new Error(`expected the refusal ${status}, got ${JSON.stringify(answer)}`);
}

function told(complaint) {
  const body = complaint.body === undefined ? '' : `\n${JSON.stringify(complaint.body)}`;
  return `${complaint.stack}${body}`;
}
