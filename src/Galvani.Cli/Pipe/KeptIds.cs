namespace Galvani.Cli.Pipe;

/// <summary>Ids of a line that are wanted once more, in little memory: seven bits a byte, the lowest first, and nothing of lines that would take too much.</summary>
internal sealed class KeptIds
{
    private const int BlockBytes = 1 << 18;
    private const int MostBlocks = 1 << 8; // 64 MiB
    private const int MoreFollows = 0x80;

    private readonly List<byte[]> blocks = [];
    private int used = BlockBytes; // of the last block

    /// <summary>Whether all ids were kept.</summary>
    public bool HasAll { get; private set; } = true;

    /// <summary>Takes the next id.</summary>
    /// <param name="id">Not negative.</param>
    public void Add(int id)
    {
        var rest = (uint)id;
        for (; rest >= MoreFollows; rest >>= 7)
            Put((byte)(rest | MoreFollows));
        Put((byte)rest);
    }

    /// <summary>Hands on all ids, in order.</summary>
    public void Send(Action<int> take)
    {
        var (id, shift) = (0, 0);
        for (var i = 0; i < blocks.Count; i++)
        {
            foreach (var part in blocks[i].AsSpan(0, i == blocks.Count - 1 ? used : BlockBytes))
            {
                id |= (part & ~MoreFollows) << shift;
                shift += 7;
                if (part >= MoreFollows)
                    continue;
                take(id);
                (id, shift) = (0, 0);
            }
        }
    }

    private void Put(byte part)
    {
        if (used == BlockBytes && !TryBeginBlock())
            return;
        blocks[^1][used++] = part;
    }

    private bool TryBeginBlock()
    {
        HasAll &= blocks.Count < MostBlocks;
        if (HasAll)
        {
            blocks.Add(GC.AllocateUninitializedArray<byte>(BlockBytes));
            used = 0;
        }
        else
            blocks.Clear();
        return HasAll;
    }
}
