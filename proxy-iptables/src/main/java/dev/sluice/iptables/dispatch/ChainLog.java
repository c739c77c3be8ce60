package dev.sluice.iptables.dispatch;

/** Hears what happens to chains while rules come and go. */
interface ChainLog {
    /** For building what nobody has seen yet. */
    ChainLog SILENT = new ChainLog() {
        @Override
        public void create(String chain) {}

        @Override
        public void drop(String chain) {}

        @Override
        public void put(String chain, String spec) {}

        @Override
        public void take(String chain, String spec) {}
    };

    void create(String chain);

    void drop(String chain);

    void put(String chain, String spec);

    void take(String chain, String spec);
}
