// Points drawn by WebGL2, in a random order: any beginning of them is a fair sample of the whole.

const VERTEX = `#version 300 es
in vec2 place;        // 0 to 65535
in uint category;     // of the palette; 0 is grey
in uint chosen;       // whether it is selected
uniform vec2 middle;  // the place at the middle of the canvas
uniform vec2 scale;   // from places to clip space
uniform float size;
uniform float faded;  // the opacity of points that are not selected
uniform bool ringed;  // whether to draw rings around selected points
uniform sampler2D palette;
out vec4 colour;
flat out float radius;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  colour = texelFetch(palette, ivec2(int(category), 0), 0);
  bool on = chosen > 0u;
  if (colour.a == 0.0 || (ringed && !on)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (!on) colour.a *= faded;
  gl_PointSize = ringed ? size + 6.0 : size;
  radius = gl_PointSize * 0.5;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
flat in float radius;
uniform float opacity;
uniform bool ringed;
uniform vec3 ring;
out vec4 pixel;
void main() {
  float distance = length(gl_PointCoord - 0.5) * 2.0 * radius;
  float inside = clamp(radius - distance, 0.0, 1.0);
  if (inside == 0.0) discard;
  if (ringed) {
    float edge = clamp(distance - (radius - 2.0), 0.0, 1.0);
    pixel = vec4(mix(colour.rgb, ring, edge), inside);
  } else {
    pixel = vec4(colour.rgb, colour.a * opacity * inside);
  }
  pixel.rgb *= pixel.a;
}`;

const SMOOTH = 33; // milliseconds that a frame may take while a hand moves the map
const STEP = 250_000; // points drawn in one step while nothing moves

class Points {
  constructor(canvas) {
    this.canvas = canvas;
    const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("WebGL2 is not available.");
    this.gl = gl;
    this.count = 0;
    this.smooth = 200_000; // points of a frame while a hand moves the map; adapted to what frames take
    this.selected = 0;
    this.prepare();
  }

  prepare() {
    const { gl } = this;
    const program = (this.program = gl.createProgram());
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    ["place", "category", "chosen"].forEach((name, number) => gl.bindAttribLocation(program, number, name));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(gl.getProgramInfoLog(program));
    this.uniform = {};
    for (const name of ["middle", "scale", "size", "faded", "ringed", "palette", "opacity", "ring"])
      this.uniform[name] = gl.getUniformLocation(program, name);
    this.buffers = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()];
    this.palette = gl.createTexture();
    this.setCategories(null);
    this.setChosen(null, 0);
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  // Places as Uint16Array of x and y by turns.
  setPlaces(places) {
    const { gl } = this;
    this.count = places.length / 2;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[0]);
    gl.bufferData(gl.ARRAY_BUFFER, places, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.UNSIGNED_SHORT, false, 0, 0);
  }

  // One byte for each point: its entry of the palette.
  setCategories(categories) {
    this.bytes(1, categories);
  }

  // One byte for each point: whether it is selected.
  setChosen(chosen, selected) {
    this.selected = selected;
    this.bytes(2, chosen);
  }

  bytes(number, values) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[number]);
    if (values) {
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(number);
      gl.vertexAttribIPointer(number, 1, gl.UNSIGNED_BYTE, 0, 0);
    } else {
      gl.disableVertexAttribArray(number);
      gl.vertexAttribI4ui(number, 0, 0, 0, 0);
    }
  }

  // 256 colours as red, green, blue and opacity; points whose opacity is 0 are not drawn.
  setPalette(colours) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  }

  resize(width, height, ratio) {
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.gl.viewport(0, 0, this.canvas.width, this.canvas.height);
  }

  // The diameter of a point in CSS pixels: larger the fewer there are in view.
  diameter(camera) {
    const few = clamp(13 - Math.log10(Math.max(1, this.count)) * 2, 1.5, 9);
    return clamp(few * Math.pow(camera.zoom, 0.28), 1.5, 12);
  }

  opacity(camera) {
    const dense = clamp(1.25 - Math.log10(Math.max(1, this.count)) * 0.17, 0.25, 0.9);
    return clamp(dense * Math.pow(camera.zoom, 0.25), 0.25, 0.95);
  }

  look(camera, colours) {
    const { gl, uniform } = this;
    gl.useProgram(this.program);
    gl.uniform2f(uniform.middle, camera.x, camera.y);
    gl.uniform2f(uniform.scale, (2 * camera.scale) / camera.width, (2 * camera.scale) / camera.height);
    gl.uniform1f(uniform.size, this.diameter(camera) * this.ratio);
    gl.uniform1f(uniform.opacity, this.opacity(camera));
    gl.uniform1f(uniform.faded, this.selected ? 0.12 : 1);
    gl.uniform3f(uniform.ring, ...colours.ring);
    gl.uniform1i(uniform.ringed, 0);
  }

  // Draw some of the points over what is there.
  draw(first, count) {
    this.gl.drawArrays(this.gl.POINTS, first, Math.min(count, this.count - first));
  }

  clear() {
    this.gl.clearColor(0, 0, 0, 0);
    this.gl.clear(this.gl.COLOR_BUFFER_BIT);
  }

  rings(count) {
    if (!this.selected) return;
    this.gl.uniform1i(this.uniform.ringed, 1);
    this.draw(0, count);
    this.gl.uniform1i(this.uniform.ringed, 0);
  }

  // Draw as many points as a smooth movement allows, and learn how many that are.
  drawMoving(camera, colours) {
    const started = performance.now();
    const count = Math.min(this.smooth, this.count);
    this.look(camera, colours);
    this.clear();
    this.draw(0, count);
    this.rings(count);
    this.wait();
    const took = Math.max(1, performance.now() - started);
    this.smooth = Math.round(clamp(count * clamp(SMOOTH / took, 0.5, 2), 20_000, Math.max(20_000, 2 * this.count)));
    return count;
  }

  // Draw all points, step by step; `then` is called after the last. Returns what stops it.
  drawAll(camera, colours, then) {
    let first = 0, frame = 0;
    const next = () => {
      this.look(camera, colours);
      if (first === 0) this.clear();
      this.draw(first, STEP);
      this.wait();
      first += STEP;
      if (first < this.count) frame = requestAnimationFrame(next);
      else {
        this.rings(this.count);
        then();
      }
    };
    next();
    return () => cancelAnimationFrame(frame);
  }

  // Wait until all was drawn, so that time measures drawing.
  wait() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  release() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
