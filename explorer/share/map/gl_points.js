// Points drawn by WebGL2: one context for all panes.

const VERTEX = `#version 300 es
in vec2 place;        // 0 to 65535
in uint category;     // of the palette; 0 is grey
in uint state;        // 1 if it is selected, 2 if it is hidden
in vec2 other;        // its place on the next map
uniform float share;  // how far it is on its way there
uniform vec2 middle;  // the place at the middle of the pane
uniform vec2 scale;   // from places to clip space
uniform float size;
uniform float faded;  // the opacity of points that are not selected
uniform bool ringed;  // whether to draw rings around selected points
uniform sampler2D palette;
out vec4 colour;
flat out float radius;
void main() {
  gl_Position = vec4((mix(place, other, share) - middle) * scale, 0.0, 1.0);
  colour = texelFetch(palette, ivec2(int(category), 0), 0);
  bool on = state == 1u;
  if (colour.a == 0.0 || state == 2u || (ringed && !on)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
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

const ATTRIBUTES = ["place", "category", "state", "other"];
const UNIFORMS = ["share", "middle", "scale", "size", "faded", "ringed", "palette", "opacity", "ring"];

class GlPoints extends Points {
  constructor(canvas, gl) {
    super(canvas);
    this.gl = gl;
    this.prepare();
  }

  // Also when the browser took the context away and gave another.
  prepare() {
    const { gl } = this;
    const program = (this.program = gl.createProgram());
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    ATTRIBUTES.forEach((name, number) => gl.bindAttribLocation(program, number, name));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(gl.getProgramInfoLog(program));
    this.uniform = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]));
    this.positions = [];
    this.bytes = [gl.createBuffer(), gl.createBuffer()];
    this.palette = gl.createTexture();
    this.setCategories(null);
    this.setStates(null, 0, 0);
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  // For each map a Uint16Array of x and y by turns.
  setPositions(maps) {
    const { gl } = this;
    this.count = maps[0].length / 2;
    this.positions.forEach((buffer) => gl.deleteBuffer(buffer));
    this.positions = maps.map((places) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, places, gl.STATIC_DRAW);
      return buffer;
    });
  }

  // One byte for each point: its entry of the palette.
  setCategories(categories) {
    this.setBytes(1, categories);
  }

  // One byte for each point: its state. How many are selected, and how many are not hidden.
  setStates(states, selected, shown) {
    Object.assign(this, { selected, shown });
    this.setBytes(2, states);
  }

  setBytes(attribute, values) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.bytes[attribute - 1]);
    if (values) {
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(attribute);
      gl.vertexAttribIPointer(attribute, 1, gl.UNSIGNED_BYTE, 0, 0);
    } else {
      gl.disableVertexAttribArray(attribute);
      gl.vertexAttribI4ui(attribute, 0, 0, 0, 0);
    }
  }

  // 256 colours as red, green, blue and opacity; points whose opacity is 0 are not drawn.
  setPalette(colours) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  }

  // What is drawn from now on is drawn in this pane.
  enter(pane, camera, colours) {
    const { gl, uniform, ratio } = this;
    const box = [
      pane.left * ratio,
      this.canvas.height - (pane.top + pane.height) * ratio,
      pane.width * ratio,
      pane.height * ratio,
    ].map(Math.round);
    gl.viewport(...box);
    gl.scissor(...box);
    gl.enable(gl.SCISSOR_TEST);
    const from = Math.floor(pane.at), share = pane.at - from;
    this.bindPlaces(0, this.positions[from]);
    if (share) this.bindPlaces(3, this.positions[from + 1]);
    else {
      gl.disableVertexAttribArray(3);
      gl.vertexAttrib2f(3, 0, 0);
    }
    gl.useProgram(this.program);
    gl.uniform1f(uniform.share, share);
    gl.uniform2f(uniform.middle, camera.x, camera.y);
    gl.uniform2f(uniform.scale, (2 * camera.scale) / camera.width, (2 * camera.scale) / camera.height);
    gl.uniform1f(uniform.size, this.diameter(camera) * ratio);
    gl.uniform1f(uniform.opacity, this.opacity(camera));
    gl.uniform1f(uniform.faded, this.selected ? FADED : 1);
    gl.uniform3f(uniform.ring, ...colours.ring);
    gl.uniform1i(uniform.ringed, 0);
  }

  bindPlaces(attribute, buffer) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(attribute);
    gl.vertexAttribPointer(attribute, 2, gl.UNSIGNED_SHORT, false, 0, 0);
  }

  draw(first, count) {
    this.gl.drawArrays(this.gl.POINTS, first, count);
  }

  rings(count) {
    this.gl.uniform1i(this.uniform.ringed, 1);
    this.draw(0, count);
    this.gl.uniform1i(this.uniform.ringed, 0);
  }

  clear() {
    const { gl } = this;
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  // Wait until all was drawn, so that time measures drawing.
  finish() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  // The largest width and height that can be drawn.
  get limit() {
    return Math.min(...this.gl.getParameter(this.gl.MAX_VIEWPORT_DIMS), this.gl.getParameter(this.gl.MAX_RENDERBUFFER_SIZE));
  }

  release() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
