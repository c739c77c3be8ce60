package dev.sluice.daemon.cli;

import dev.sluice.daemon.config.ConfigField;
import dev.sluice.daemon.config.ConfigSchema;
import java.util.List;

/**
 * A command line flag that sets a field of the configuration; without effect when there is a configuration file, as
 * upstream.
 *
 * @param path the field that it sets
 */
record Flag(String name, String path, String description) {

    private static final String TABLE = """
            proxy-mode                         mode                               iptables (default), ipvs or userspace.
            kubeconfig                         clientConnection.kubeconfig        Path of the kubeconfig file; without it and --master the Pod's service account is used.
            cluster-cidr                       clusterCIDR                        The range of the cluster's Pods, or two (IPv4,IPv6).
            bind-address                       bindAddress                        Overrides the node's primary address; nothing listens on it.
            healthz-bind-address               healthzBindAddress                 Address and port of the health server (default 0.0.0.0:10256).
            metrics-bind-address               metricsBindAddress                 Address and port of the metrics server (default 127.0.0.1:10249).
            bind-address-hard-fail             bindAddressHardFail                Exit when the health or metrics server cannot listen.
            detect-local-mode                  detectLocalMode                    ClusterCIDR (default), NodeCIDR, BridgeInterface or InterfaceNamePrefix.
            pod-bridge-interface               detectLocal.bridgeInterface        For --detect-local-mode=BridgeInterface.
            pod-interface-name-prefix          detectLocal.interfaceNamePrefix    For --detect-local-mode=InterfaceNamePrefix.
            nodeport-addresses                 nodePortAddresses                  Ranges of node addresses that serve node ports, or 'primary'.
            masquerade-all                     iptables.masqueradeAll             Masquerade all traffic to cluster addresses.
            iptables-masquerade-bit            iptables.masqueradeBit             The mark bit that asks for masquerading (default 14).
            iptables-localhost-nodeports       iptables.localhostNodePorts        Serve node ports on 127.0.0.1 (default true).
            iptables-sync-period               iptables.syncPeriod                Longest wait after a failed sync (default 30s).
            iptables-min-sync-period           iptables.minSyncPeriod             Least time between two syncs (default 1s).
            ipvs-sync-period                   ipvs.syncPeriod                    Longest time between two full syncs (default 30s).
            ipvs-min-sync-period               ipvs.minSyncPeriod                 Least time between two syncs (default 1s).
            ipvs-scheduler                     ipvs.scheduler                     A scheduler of the kernel: rr (default), lc, dh, sh, sed, nq and others.
            ipvs-exclude-cidrs                 ipvs.excludeCIDRs                  Virtual servers in these ranges are never touched.
            ipvs-strict-arp                    ipvs.strictARP                     Set arp_ignore to 1 and arp_announce to 2.
            ipvs-tcp-timeout                   ipvs.tcpTimeout                    Time-out of TCP connections, 0 keeps the kernel's.
            ipvs-tcpfin-timeout                ipvs.tcpFinTimeout                 Time-out after a FIN, 0 keeps the kernel's.
            ipvs-udp-timeout                   ipvs.udpTimeout                    Time-out of UDP flows, 0 keeps the kernel's.
            oom-score-adj                      oomScoreAdj                        -1000 to 1000 (default -999).
            conntrack-max-per-core             conntrack.maxPerCore               Tracked connections per CPU, 0 leaves the limit alone (default 32768).
            conntrack-min                      conntrack.min                      The least limit of tracked connections (default 131072).
            conntrack-tcp-timeout-established  conntrack.tcpEstablishedTimeout    0 leaves it alone (default 24h).
            conntrack-tcp-timeout-close-wait   conntrack.tcpCloseWaitTimeout      0 leaves it alone (default 1h).
            conntrack-tcp-be-liberal           conntrack.tcpBeLiberal             Do not drop packets outside of the TCP window.
            conntrack-udp-timeout              conntrack.udpTimeout               0 leaves it alone (default).
            conntrack-udp-timeout-stream       conntrack.udpStreamTimeout         0 leaves it alone (default).
            feature-gates                      featureGates                       NAME=true,NAME=false; AllowServiceExternalIPs=false leaves external IPs alone.
            profiling                          enableProfiling                    Not supported yet.
            logging-format                     logging.format                     Not supported yet: always text.
            vmodule                            logging.vmodule                    Not supported yet.
            config-sync-period                 configSyncPeriod                   No effect: nothing is re-read that did not change.
            kube-api-content-type              clientConnection.contentType       No effect: always JSON.
            kube-api-burst                     clientConnection.burst             No effect.
            kube-api-qps                       clientConnection.qps               No effect.
            show-hidden-metrics-for-version    showHiddenMetricsForVersion        No effect: no metric is hidden.
            log-flush-frequency                logging.flushFrequency             No effect: the log is never held back.
            """;

    static List<Flag> all() {
        return TABLE.lines()
                .map(line -> line.split(" +", 3))
                .map(columns -> new Flag(columns[0], columns[1], columns[2]))
                .toList();
    }

    ConfigField field() {
        return ConfigSchema.field(path).orElseThrow();
    }
}
