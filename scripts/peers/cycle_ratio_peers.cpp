// Times Boost's howard_cycle_ratio (maximum ratio) and LEMON's HowardMmc (maximum mean) on one graph.
//
//   g++ -O3 -march=native -o cycle_ratio_peers cycle_ratio_peers.cpp     (Debian: libboost-graph-dev, liblemon-dev)
//   ./cycle_ratio_peers GRAPH boost|lemon
//
// GRAPH: text, "nodes edges" and then one line "source target time tokens" an edge. Prints the answer and the seconds
// of the solver alone, without reading and building the graph.
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/howard_cycle_ratio.hpp>
#include <lemon/howard_mmc.h>
#include <lemon/static_graph.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

struct Edge { int source, target; long long time, tokens; };

static double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static void run_boost(int nodes, const std::vector<Edge>& edges) {
    using namespace boost;
    typedef adjacency_list<vecS, vecS, directedS, no_property,
                           property<edge_weight_t, double, property<edge_weight2_t, double>>> Graph;
    Graph graph(nodes);
    for (const Edge& e : edges) {
        auto edge = add_edge(e.source, e.target, graph).first;
        put(edge_weight, graph, edge, double(e.time));
        put(edge_weight2, graph, edge, double(e.tokens));
    }
    double begin = now();
    double ratio = maximum_cycle_ratio(graph, get(vertex_index, graph), get(edge_weight, graph),
                                       get(edge_weight2, graph));
    std::printf("%.12g %.9f\n", ratio, now() - begin);
}

static void run_lemon(int nodes, std::vector<Edge> edges) {
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.source < b.source; });
    std::vector<std::pair<int, int>> arcs;
    for (const Edge& e : edges) arcs.emplace_back(e.source, e.target);
    lemon::StaticDigraph graph;
    graph.build(nodes, arcs.begin(), arcs.end());
    lemon::StaticDigraph::ArcMap<long long> cost(graph);
    for (size_t i = 0; i < edges.size(); ++i) cost[graph.arc(i)] = -edges[i].time;
    lemon::HowardMmc<lemon::StaticDigraph, lemon::StaticDigraph::ArcMap<long long>> solver(graph, cost);
    double begin = now();
    solver.findCycleMean();
    std::printf("%.12g %.9f\n", -solver.cycleMean(), now() - begin);
}

int main(int count, char** arguments) {
    if (count != 3) return 2;
    FILE* file = std::fopen(arguments[1], "r");
    int nodes = 0, size = 0;
    if (!file || std::fscanf(file, "%d %d", &nodes, &size) != 2) return 2;
    std::vector<Edge> edges(size);
    for (Edge& e : edges)
        if (std::fscanf(file, "%d %d %lld %lld", &e.source, &e.target, &e.time, &e.tokens) != 4) return 2;
    std::string which = arguments[2];
    which == "boost" ? run_boost(nodes, edges) : run_lemon(nodes, edges);
    return 0;
}
