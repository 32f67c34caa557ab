// Returns the pieces of text whose contrast with the plain background under them is below WCAG AA (4.5 to 1).
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
canvas.canvas.width = canvas.canvas.height = 1;
const plain = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const linear = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
const under = (node) => {
  for (; node; node = node.parentElement) {
    const color = plain(getComputedStyle(node).backgroundColor);
    if (color[3] === 255) return color;
  }
  return [255, 255, 255, 255];
};
const poor = new Set();
for (const node of document.querySelectorAll("main *, header *, footer *")) {
  const hasText = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim());
  // Dashes for "not known" and the sign of the definition button are drawn pale on purpose.
  if (!hasText || !node.offsetParent || node.closest(".hidden-text, option, .no-value, .unknown, .about")) continue;
  const [text, ground] = [luminance(plain(getComputedStyle(node).color)), luminance(under(node))];
  const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
  if (contrast < 4.5) poor.add(`${node.tagName}.${node.className} ${contrast.toFixed(2)}`);
}
return [...poor];
