// Prints, and scans codes with the camera where the browser can read them. Everything else works without script.
for (const button of document.querySelectorAll("[data-szr-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

(() => {
  const form = document.querySelector("[data-szr-scan]");
  if (!form) return;
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) {
    // The camera app of every phone opens the links that our codes hold.
    form.querySelector("[data-szr-unable]").hidden = false;
    return;
  }
  const start = form.querySelector("[data-szr-start]");
  const stop = form.querySelector("[data-szr-stop]");
  const video = form.querySelector("video");
  const status = form.querySelector("[role=status]");
  const input = form.querySelector("input[name=code]");
  let stream = null;

  const end = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.hidden = stop.hidden = true;
    start.hidden = false;
  };

  // Below the app proxy's own two names, which every language of the shop shares: "/apps/serializer/".
  const own = new URL(form.action).pathname.split("/").slice(-3, -1).join("/");
  const accept = (text) => {
    end();
    try {
      const link = new URL(text);
      // A code of this shop opens its own page; a code of anybody else is only text.
      if (link.host === location.host && link.pathname.includes(`/${own}/`)) {
        location.assign(link.href);
        return;
      }
    } catch {
      /* no address: a serial number */
    }
    input.value = text.slice(0, 200);
    form.requestSubmit();
  };

  const watch = async (detector) => {
    while (stream) {
      try {
        const [code] = await detector.detect(video);
        if (code) return accept(code.rawValue);
      } catch {
        /* the picture is not there yet */
      }
      await new Promise((done) => setTimeout(done, 150));
    }
  };

  start.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      status.textContent = form.dataset.szrDenied;
      return;
    }
    status.textContent = form.dataset.szrHold;
    video.srcObject = stream;
    video.hidden = stop.hidden = false;
    start.hidden = true;
    await video.play();
    watch(new BarcodeDetector());
  });
  stop.addEventListener("click", () => {
    end();
    status.textContent = "";
  });
  start.hidden = false;
})();
