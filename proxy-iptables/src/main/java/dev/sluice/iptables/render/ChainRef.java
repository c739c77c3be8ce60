package dev.sluice.iptables.render;

/**
 * A chain by name.
 *
 * @param table {@code nat} or {@code filter}
 */
public record ChainRef(String table, String chain) implements Comparable<ChainRef> {
    @Override
    public int compareTo(ChainRef other) {
        int byTable = table.compareTo(other.table);
        return byTable != 0 ? byTable : chain.compareTo(other.chain);
    }

    /** For messages, e.g. {@code nat KUBE-SERVICES}. */
    @Override
    public String toString() {
        return table + " " + chain;
    }
}
