import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { axisTime, fullTime, inUnit, type Zone } from "../text/format.js";

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** One value for each time; `null` leaves a gap. */
  readonly values: readonly (number | null)[];
}

/** Properties of {@link LineChart}. */
export interface LineChartProps {
  /** Milliseconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly label: string;
  readonly unit: string | undefined;
  readonly zone: Zone;
  /** Called with a range that was drawn over the chart. */
  readonly onZoom: (from: number, to: number) => void;
}

const HEIGHT = 150;
/** Charts of one group move their cursors together. */
const SYNC = "metrics";

/** Lines over time, by uPlot, which is loaded with the first chart. For sighted people; a table says the same. */
export function LineChart({ times, lines, label, unit, zone, onZoom }: LineChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let chart: uPlot | undefined;
    let wanted = true;
    const resize = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height: HEIGHT }));
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const draw = async (): Promise<void> => {
      const { default: UPlot } = await import("uplot");
      if (!wanted) return;
      chart?.destroy();
      const data = [times.map((time) => time / 1000), ...lines.map(({ values }) => values)] as uPlot.AlignedData;
      chart = new UPlot(
        optionsOf(element, { times, lines, unit, zone }, (from, to) => zoom.current(from, to)),
        data,
        element,
      );
      resize.observe(element);
    };
    void draw();
    const redraw = (): void => void draw();
    theme.addEventListener("change", redraw);
    return () => {
      wanted = false;
      theme.removeEventListener("change", redraw);
      resize.disconnect();
      chart?.destroy();
    };
  }, [times, lines, zone]);
  return <div ref={box} class="line-chart" role="img" aria-label={label} />;
}

function optionsOf(
  element: HTMLElement,
  { times, lines, unit, zone }: Pick<LineChartProps, "times" | "lines" | "unit" | "zone">,
  onZoom: (from: number, to: number) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: color("--muted"), font, ticks: { show: false }, grid: { stroke: color("--line"), width: 1 } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: SYNC }, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
    scales: { y: { range: (_, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1] } },
    axes: [
      { ...axis, size: 24, grid: { show: false }, values: (_, at) => at.map((s) => axisTime(s * 1000, zone, span)) },
      { ...axis, size: 56, values: (_, at) => at.map((value) => inUnit(value, unit)) },
    ],
    series: [
      { value: (_, at) => (at === null ? "" : fullTime(at * 1000, zone)) },
      ...lines.map(({ name, values }, index) => ({
        label: name,
        stroke: color(`--series-${index + 1}`),
        width: 1.5,
        // A value between two gaps would be no line.
        points: { show: times.length < 3 || values.includes(null), size: 4 },
      })),
    ],
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width < 4) return;
          onZoom(chart.posToVal(left, "x") * 1000, chart.posToVal(left + width, "x") * 1000);
        },
      ],
    },
  };
}
