// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.picture;

import java.util.Locale;

/** A picture in SVG, drawn from back to front. Lengths are in pixels, from the upper left corner. */
public final class Svg {
    /** What a picture without fonts of its own can rely on, in this order. */
    private static final String SANS = "Inter, Helvetica, Arial, 'DejaVu Sans', sans-serif";

    private static final String MONOSPACE = "Menlo, Consolas, 'DejaVu Sans Mono', monospace";

    private final StringBuilder body = new StringBuilder();
    private final double width;
    private final double height;

    public Svg(double width, double height) {
        this.width = width;
        this.height = height;
    }

    /** Where a text stands, relative to its point. */
    public enum Anchor {
        START,
        MIDDLE,
        END
    }

    /**
     * The looks of a text.
     *
     * @param color as CSS has it
     */
    public record Font(double size, String color, boolean bold, boolean monospace) {
        public static Font plain(double size, String color) {
            return new Font(size, color, false, false);
        }

        public static Font bold(double size, String color) {
            return new Font(size, color, true, false);
        }

        public static Font monospace(double size, String color) {
            return new Font(size, color, false, true);
        }
    }

    /** A rectangle; {@code stroke} may be {@code none}. */
    public void box(double x, double y, double w, double h, double radius, String fill, String stroke) {
        body.append(String.format(
                Locale.ROOT,
                "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' rx='%.1f' fill='%s' stroke='%s'/>\n",
                x,
                y,
                Math.max(0, w),
                Math.max(0, h),
                radius,
                fill,
                stroke));
    }

    /** A filled circle. */
    public void dot(double x, double y, double radius, String fill) {
        body.append(
                String.format(Locale.ROOT, "<circle cx='%.1f' cy='%.1f' r='%.1f' fill='%s'/>\n", x, y, radius, fill));
    }

    /** A straight line. */
    public void line(double x1, double y1, double x2, double y2, String stroke, double thickness) {
        body.append(String.format(
                Locale.ROOT,
                "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-width='%.1f'/>\n",
                x1,
                y1,
                x2,
                y2,
                stroke,
                thickness));
    }

    /** A path in SVG's own words, e.g. {@code M 0 0 L 10 10}. */
    public void path(String data, String stroke, double thickness, String fill, double opacity) {
        body.append(String.format(
                Locale.ROOT,
                "<path d='%s' stroke='%s' stroke-width='%.1f' stroke-linejoin='round' fill='%s' fill-opacity='%.2f'/>\n",
                data,
                stroke,
                thickness,
                fill,
                opacity));
    }

    /** A line of text, with its base line at {@code y}. Spaces are kept. */
    public void text(double x, double y, Font font, Anchor anchor, String text) {
        body.append(String.format(
                Locale.ROOT,
                "<text x='%.1f' y='%.1f' font-size='%.1f' fill='%s' font-family=\"%s\" font-weight='%s' text-anchor='%s'"
                        + " xml:space='preserve'>%s</text>\n",
                x,
                y,
                font.size(),
                font.color(),
                font.monospace() ? MONOSPACE : SANS,
                font.bold() ? "600" : "400",
                anchor.name().toLowerCase(Locale.ROOT),
                escaped(text)));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** The whole file. */
    @Override
    public String toString() {
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns='http://www.w3.org/2000/svg' width='%1$.0f' height='%2$.0f'"
                                + " viewBox='0 0 %1$.0f %2$.0f'>\n",
                        width,
                        height)
                + body + "</svg>\n";
    }
}
