// Long work: files that the server looks through, and progress bars that follow the worker.
import { find, findAll } from "./dom.js";
import { markInvalid, unmarkInvalid } from "./errors.js";
import { load, reload } from "./navigate.js";
import { fetchJson, formAction, post } from "./requests.js";
import { texts } from "./texts.js";
import { showToast } from "./toast.js";

// How soon the progress of a task is asked for first, and how far apart at most, in milliseconds.
const FIRST_WAIT = 250;
const LONGEST_WAIT = 2000;

/** Send the file that somebody chose, and show what is in it: the page that answers, or the one that the answer names. */
export const uploadFile = async (field) => {
  const file = field.files[0];
  const form = field.form;
  if (!file || form.dataset.busy) return;
  form.dataset.busy = "1";
  unmarkInvalid(field);
  find(".reading", form).hidden = false;
  field.disabled = true;
  if (form.hasAttribute("data-answers")) return load(formAction(form), { body: file });
  const answer = await post(formAction(form), file, "text/csv");
  if (!form.isConnected) return;
  delete form.dataset.busy;
  find(".reading", form).hidden = true;
  field.disabled = false;
  if (answer?.ok) return load(answer.go);
  markInvalid(field, answer?.error?.message || texts.away);
  field.value = "";
  field.focus();
};

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Show a task's progress until it is finished or its page left. */
const followTask = async (box) => {
  // A page can be told of the same element again, when only a part of it was replaced.
  if (box.dataset.followed) return;
  box.dataset.followed = "1";
  for (let wait = FIRST_WAIT; box.isConnected; wait = Math.min(wait * 1.5, LONGEST_WAIT)) {
    await sleep(wait);
    const task = await fetchJson(box.dataset.task);
    if (!task || !box.isConnected) continue;
    find("progress", box).max = task.total || 1;
    find("progress", box).value = task.done;
    find("p", box).textContent = task.said;
    if (task.finished) {
      await reload();
      return showToast(task.said);
    }
  }
};

export const followTasks = () => findAll("[data-task]").forEach(followTask);
