// The explorer in a cell of a notebook: the same page, in a frame that can reach nothing of the notebook.

const HEIGHT = "860px";

function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.title = "Explorer of a result of lrprism";
  frame.setAttribute("sandbox", "allow-scripts allow-downloads");
  frame.style.cssText = `width: 100%; height: ${HEIGHT}; border: 0; border-radius: 8px;`;

  const send = () => frame.contentWindow?.postMessage({ address: model.get("address") }, "*");
  let isThere = false;
  // the page says what it shows, as it writes it into the address of a window of its own
  const take = (event) => {
    if (event.source !== frame.contentWindow || typeof event.data?.address !== "string") return;
    // what was asked for before the page was there
    if (!isThere && model.get("address")) send();
    else if (event.data.address !== model.get("address")) {
      model.set("address", event.data.address);
      model.save_changes();
    }
    isThere = true;
  };
  addEventListener("message", take);
  model.on("change:address", send);
  frame.srcdoc = model.get("page");
  el.append(frame);
  return () => {
    removeEventListener("message", take);
    model.off("change:address", send);
  };
}

export default { render };
