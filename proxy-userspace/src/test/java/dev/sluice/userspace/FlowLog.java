package dev.sluice.userspace;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.conntrack.Conntrack;
import java.util.ArrayList;
import java.util.List;

/** Tracked flows in memory, and those that were deleted. */
final class FlowLog implements Conntrack {
    final List<Flow> present = new ArrayList<>();
    final List<Flow> deleted = new ArrayList<>();
    int dumps;

    @Override
    public List<Flow> list(IpFamily family, Protocol protocol) {
        dumps++;
        return present.stream()
                .filter(f -> f.family() == family && f.protocol() == protocol)
                .toList();
    }

    @Override
    public int delete(List<Flow> flows) {
        deleted.addAll(flows);
        present.removeAll(flows);
        return flows.size();
    }

    @Override
    public void close() {}
}
