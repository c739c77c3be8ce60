package dev.sluice.linux.iptables;

/**
 * One bit of a packet's firewall mark, in rule form.
 *
 * @param bit 0 to 31
 */
public record PacketMark(int bit) {

    public PacketMark {
        if (bit < 0 || bit > 31) {
            throw new IllegalArgumentException("mark bit " + bit + " (want 0 to 31)");
        }
    }

    /** The mark as save prints it, e.g. {@code 0x4000}. */
    public String hex() {
        return "0x" + Integer.toHexString(1 << bit);
    }

    /** Matches marked packets: {@code -m mark --mark 0x4000/0x4000}. */
    public String isSet() {
        return "-m mark --mark " + hex() + "/" + hex();
    }

    /** Matches packets without the mark: {@code -m mark ! --mark 0x4000/0x4000}. */
    public String isNotSet() {
        return "-m mark ! --mark " + hex() + "/" + hex();
    }

    /**
     * Sets the bit and leaves the others alone: {@code -j MARK --set-xmark 0x4000/0x4000} (given as {@code --or-mark}).
     */
    public String set() {
        return "-j MARK --set-xmark " + hex() + "/" + hex();
    }

    /**
     * Flips the bit and leaves the others alone: {@code -j MARK --set-xmark 0x4000/0x0} (given as {@code --xor-mark}).
     */
    public String flip() {
        return "-j MARK --set-xmark " + hex() + "/0x0";
    }
}
