// Keeps the points of a stage in the page: large and unchanging, so they come apart from the position, and once.
export default function (component) {
  const hub = (window.tradespacePoints ??= new Map());
  hub.delete(component.data.id);
  hub.set(component.data.id, component.data);
  while (hub.size > 3) hub.delete(hub.keys().next().value);
  window.dispatchEvent(new Event("tradespace-points"));
}
