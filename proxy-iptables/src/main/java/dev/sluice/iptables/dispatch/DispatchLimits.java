package dev.sluice.iptables.dispatch;

/**
 * When a dispatch chain becomes a tree.
 *
 * @param flat up to so many rules a shared chain stays a list, as kube-proxy writes it
 * @param leaf up to so many rules stay together below that
 * @param depth chains below the shared chain at most; the nft variant takes 16 jumps in all, of which kube-proxy's own chains
 *     need 7
 */
public record DispatchLimits(int flat, int leaf, int depth) {
    static final DispatchLimits DEFAULT = new DispatchLimits(128, 32, 8);

    /** The property that sets {@link #flat()}: for measurements of one layout against the other. */
    static final String FLAT_PROPERTY = "sluice.iptables.flat-rules";

    public DispatchLimits {
        if (flat < 0 || leaf < 1 || depth < 1 || depth > 8) {
            throw new IllegalArgumentException("flat " + flat + ", leaf " + leaf + ", depth " + depth);
        }
    }

    /** {@link #DEFAULT}, unless {@value #FLAT_PROPERTY} says otherwise; a very large number never splits. */
    public static DispatchLimits fromSystem() {
        return new DispatchLimits(Integer.getInteger(FLAT_PROPERTY, DEFAULT.flat), DEFAULT.leaf, DEFAULT.depth);
    }
}
