package dev.sluice.iptables.render;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.linux.iptables.ChainName;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The chains that are there whatever Services exist (kube-proxy 1.36, iptables mode). */
public final class FixedChains {
    public static final String NAT = "nat";
    public static final String FILTER = "filter";
    public static final ObjectKind NAT_RULES = ObjectKind.rules("iptables.nat.rules", NAT);
    public static final ObjectKind FILTER_RULES = ObjectKind.rules("iptables.filter.rules", FILTER);

    /** In nat: dispatch by cluster, external and load balancer address; in filter: refusals of cluster addresses. */
    public static final String SERVICES = "KUBE-SERVICES";

    /** In nat: dispatch by node port; in filter: accepts health check node ports. */
    public static final String NODE_PORTS = "KUBE-NODEPORTS";

    /** In nat: masquerades what is marked. */
    static final String POSTROUTING = "KUBE-POSTROUTING";

    /** In nat: marks for masquerading. */
    static final String MARK_MASQ = "KUBE-MARK-MASQ";

    /** In filter: refusals of external and load balancer addresses and node ports. */
    static final String EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES";

    /** In filter: accepts forwarded Service traffic, drops what conntrack calls invalid. */
    public static final String FORWARD = "KUBE-FORWARD";

    /** In filter: drops load balancer traffic from outside the source ranges. */
    static final String PROXY_FIREWALL = "KUBE-PROXY-FIREWALL";

    /** In filter: keeps neighbours from reaching 127.0.0.0/8; shared with kubelet. */
    public static final String FIREWALL = "KUBE-FIREWALL";

    /** The chains of filter whose rules belong to ports, in no order that matters. */
    public static final List<String> FILTER_DISPATCH = List.of(SERVICES, EXTERNAL_SERVICES, NODE_PORTS, PROXY_FIREWALL);

    /** The chains of nat whose rules belong to ports, in no order that matters but for the end of the first. */
    public static final List<String> NAT_DISPATCH = List.of(SERVICES, NODE_PORTS);

    /** Of nat, all ours alone. */
    public static final Set<String> OF_NAT = Set.of(SERVICES, NODE_PORTS, POSTROUTING, MARK_MASQ);

    /** Of filter, ours alone; {@link #FIREWALL} is not among them. */
    public static final Set<String> OF_FILTER =
            Set.of(SERVICES, EXTERNAL_SERVICES, NODE_PORTS, FORWARD, PROXY_FIREWALL);

    public static final KernelObject NAT_SERVICES = new KernelObject(NAT, SERVICES);

    /**
     * The dispatch chains, and what the names of the chains below them begin with. Those of nat look like a Service's, so that
     * a kube-proxy which takes over deletes them as stale.
     */
    public static final Map<KernelObject, String> DISPATCH_PREFIXES = prefixes();

    private FixedChains() {}

    private static Map<KernelObject, String> prefixes() {
        Map<KernelObject, String> prefixes = new LinkedHashMap<>();
        prefixes.put(NAT_SERVICES, "KUBE-SVC-");
        prefixes.put(new KernelObject(NAT, NODE_PORTS), "KUBE-SVC-");
        prefixes.put(new KernelObject(FILTER, SERVICES), "KUBE-CIP-");
        prefixes.put(new KernelObject(FILTER, EXTERNAL_SERVICES), "KUBE-XIP-");
        prefixes.put(new KernelObject(FILTER, NODE_PORTS), "KUBE-HCP-");
        prefixes.put(new KernelObject(FILTER, PROXY_FIREWALL), "KUBE-LBF-");
        return Collections.unmodifiableMap(prefixes);
    }

    /** Whether the chain of filter is part of a dispatch tree, below the shared chain. */
    public static boolean isFilterBranch(String chain) {
        return DISPATCH_PREFIXES.entrySet().stream()
                .anyMatch(root -> root.getKey().kind().equals(FILTER) && chain.startsWith(root.getValue()));
    }

    /** Whether rules of ours are in that chain: in all of its own, in a shared one, or in a built-in one. */
    public static boolean isKept(String table, String chain) {
        return isOwned(table, chain)
                || table.equals(FILTER) && chain.equals(FIREWALL)
                || (table.equals(NAT) || table.equals(FILTER)) && ChainName.isBuiltIn(chain);
    }

    /** Whether the chain of that table is ours to rewrite and to delete. */
    public static boolean isOwned(String table, String chain) {
        return switch (table) {
            case NAT -> OF_NAT.contains(chain) || ChainNames.isPerPort(chain);
            case FILTER -> OF_FILTER.contains(chain) || isFilterBranch(chain);
            default -> false;
        };
    }
}
